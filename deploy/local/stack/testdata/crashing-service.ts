// A service that is ready and then crashes.
process.stdout.write("listening 127.0.0.1:1\n");
setImmediate(() => {
  throw new Error("it broke");
});
