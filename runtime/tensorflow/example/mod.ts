export * from "./tf-example.ts";
export * from "./tfrecord-reader.ts";
export * from "./tfrecord-writer.ts";
