/** `lightcone call`: the window's own commands, typed. What the window can do, a script can do. */
import { Argument, Command } from "commander";
import { WebSocket } from "ws";
import { type CommandName, commandSchemas } from "../../shared/contract/contract.ts";
import { LabError } from "../../shared/contract/errors.ts";
import { defaultDataDir } from "../lab/data-dir.ts";
import { connectToLab } from "../web/connect.ts";
import { runningLab } from "./running.ts";

const names = Object.keys(commandSchemas) as CommandName[];

function parseParams(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LabError(
      "bad_input",
      `The parameters are not JSON: ${text}. Write them like '{"node":"node-1"}'.`,
    );
  }
}

export function callCommand(): Command {
  return new Command("call")
    .description("Send one command to the running lab and print its answer as JSON")
    .addArgument(new Argument("<command>", "what to do").choices(names))
    .argument("[params]", `its parameters as JSON, e.g. '{"node":"node-3"}'`, "{}")
    .option("--data-dir <dir>", "the running lab's data directory", defaultDataDir())
    .addHelpText(
      "after",
      `
Examples:
  lightcone call node.kill '{"node":"node-3"}'
  lightcone call partition.make '{"kind":"halves"}'
  lightcone call partition.heal
  lightcone call data.put '{"node":"node-1","key":"cart","value":"milk"}'`,
    )
    .action(async (command: CommandName, params: string, options: { dataDir: string }) => {
      const parsed = parseParams(params);
      const connection = await connectToLab(
        runningLab(options.dataDir),
        (url, protocols, settings) => new WebSocket(url, protocols, settings),
      );
      try {
        const answer = await connection.call(command, parsed as never);
        process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
      } finally {
        connection.close();
      }
    });
}
