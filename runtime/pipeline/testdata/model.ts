/** A module with one user function. */
export const model = (features: object): object => features;
