// A service that is ready at once and ends on SIGTERM.
process.stdout.write(`started with ${process.env["MILLRACE_NATS_URL"]}\n`);
process.stdout.write("listening 127.0.0.1:1\n");
process.once("SIGTERM", () => process.stdout.write("stopped\n", () => process.exit(0)));
setInterval(() => {}, 60_000);
