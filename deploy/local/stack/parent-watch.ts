// Preloaded into every service: ends it when the supervisor that started it is gone, by SIGKILL too, so that nothing is
// left running. The supervisor holds the other end of stdin. A service's own children have another parent: not for them.
if (process.env["MILLRACE_SUPERVISOR"] === String(process.ppid)) {
  process.stdin.once("close", () => process.kill(process.pid, "SIGTERM"));
  process.stdin.resume();
  const handle: unknown = Reflect.get(process.stdin, "unref");
  if (typeof handle === "function") Reflect.apply(handle, process.stdin, []);
}
