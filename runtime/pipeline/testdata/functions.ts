/** What a pipeline's tests name as user functions. */
export const preprocessing = (columns: object): object => columns;

export const otherwise = (columns: object): object => columns;

export const notAFunction = 1;
