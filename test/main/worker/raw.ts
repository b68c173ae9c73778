import { connect } from "node:net";
import type { TestNode } from "./cluster.ts";

/** Sends bytes as they are and returns everything that comes back. */
export function sendRaw(node: TestNode, text: string): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect(node.port, "127.0.0.1", () => socket.end(text));
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("close", () => done(answer));
    socket.on("error", fail);
  });
}
