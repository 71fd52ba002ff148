export * from "./component.ts";
export { serve } from "./serve.ts";
