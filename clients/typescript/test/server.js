/** The built server on a free port, with a database of its own. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = process.env.HEXPRESS ?? fileURLToPath(new URL("../../../target/debug/hexpress", import.meta.url));

export const password = "correct horse";

/** Starts a server. Whoever does stops it. */
export async function startServer() {
  if (!existsSync(program)) {
    throw new Error(`${program} is missing. Run cargo build, or set HEXPRESS to the program.`);
  }
  const folder = mkdtempSync(join(tmpdir(), "hexpress-client-"));
  const options = { cwd: folder, env: { APP_ENV: "development", PORT: "0", SIGNUP_LIMIT_PER_HOUR: "1000" } };
  const child = spawn(program, [], { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true });
  };
  let log = "";
  child.stderr.on("data", (data) => (log += data));
  let baseUrl = "";
  for await (const line of createInterface(child.stdout)) {
    baseUrl ||= /^Hexpress listens on (http:\S+)/.exec(line)?.[1] ?? "";
    if (line.startsWith("Ctrl-C")) {
      break;
    }
  }
  if (baseUrl === "") {
    await stop();
    throw new Error(`The server has not started: ${log}`);
  }
  return {
    baseUrl,
    stop,
    /** @param {string} email */
    createAdmin(email) {
      const names = ["--first-name", "Root", "--last-name", ""];
      const admin = ["user", "create", "--email", email, ...names, "--role", "admin", "--password-stdin"];
      const { status, stderr } = spawnSync(program, admin, { ...options, input: password, encoding: "utf8" });
      if (status !== 0) {
        throw new Error(stderr);
      }
    },
  };
}
