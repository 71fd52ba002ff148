// A service that can't start.
process.stderr.write("the port is taken\n");
process.exitCode = 3;
