/** Which path and method is answered by what. The data path is looked at first; everything else is a table. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { isNodeId, type NodeId } from "../../shared/ids.ts";
import { parseAddress } from "./address.ts";
import { handleAct, type RunAct } from "./act-route.ts";
import { callPath, handleCall, readArguments, type RunCall } from "./call-route.ts";
import { dataPath, keyIn } from "./data-request.ts";
import { type DataService, handleData } from "./data-routes.ts";
import { hints, keyPath, keyState } from "./key-views.ts";
import { type Guard, HttpError, readBody, send, sendError, sendJson } from "./http.ts";
import { compareNow, merkleTree } from "./merkle-routes.ts";
import { health, type StorageService, takeSnapshot } from "./storage-routes.ts";
import { subscribePath } from "./subscription-query.ts";
import { answerQuery, queryPath, type TableService, tableRows, tablesPath } from "./table-routes.ts";
import {
  type Subject,
  gossipMembers,
  gossipRumours,
  gossipStatus,
  keys,
  ring,
  status,
  topology,
  vectorClock,
} from "./views.ts";

export interface Service {
  readonly subject: Subject;
  readonly data: DataService;
  readonly act: RunAct;
  readonly call: RunCall;
  readonly tables: TableService;
  readonly storage: StorageService;
  join(address: string): void;
  leave(): void;
  /** Takes out another member that will not return. */
  evict(node: NodeId): void;
  /** Starts a comparison with this peer, or with whoever is next; returns its name in the trace. */
  readonly compare: (peer: NodeId | null) => string;
  metrics(): string;
  /** Resolves at once unless the node is paused. */
  awake(): Promise<void> | undefined;
}

type Handler = (
  service: Service,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
) => unknown;

const rowsShownMax = 1_000;
const eventsShownMax = 1_000;
const keysShownMax = 10_000;
const smallBodyBytesMax = 16 * 1024;

/** What a handler returns is sent as JSON; undefined when it has answered itself. */
const table: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  "/api/v1/vector-clock": {
    GET: ({ subject }, query) => vectorClock(subject, readLimit(query.get("limit"), eventsShownMax)),
  },
  "/api/v1/keys": {
    GET: ({ subject }, query) =>
      keys(subject, query.get("after"), readLimit(query.get("limit"), keysShownMax)),
  },
  "/api/v1/hints": { GET: ({ subject }) => hints(subject) },
  "/api/v1/ring": { GET: ({ subject }, query) => ring(subject, query.get("key")) },
  "/api/v1/status": { GET: ({ subject }) => status(subject) },
  "/api/v1/act": { POST: ({ act }, _query, request, response) => handleAct(request, response, act) },
  "/api/v1/merkle-tree": {
    GET: ({ subject }, query) => merkleTree(subject, query.get("range"), query.get("prefix")),
  },
  "/api/v1/anti-entropy": {
    POST: ({ subject, compare }, query) => compareNow(subject, compare, query.get("peer")),
  },
  "/api/v1/storage": { GET: ({ storage }) => storage.view() },
  "/api/v1/snapshot": { POST: ({ subject, storage }) => takeSnapshot(subject.node, storage) },
  "/api/v1/health": { GET: ({ subject, storage }) => health(subject.node, storage) },
  "/api/v1/topology": { GET: ({ subject }) => topology(subject) },
  "/gossip/status": { GET: ({ subject }) => gossipStatus(subject) },
  "/gossip/members": { GET: ({ subject }) => gossipMembers(subject) },
  "/gossip/rumors": { GET: ({ subject }) => gossipRumours(subject) },
  "/gossip/join": { POST: join },
  "/gossip/leave": {
    POST: leave,
  },
  "/metrics": {
    GET: (service, _query, _request, response) =>
      send(response, 200, "text/plain; version=0.0.4; charset=utf-8", service.metrics()),
  },
};

type PathHandler = (
  path: string,
  service: Service,
  query: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
) => unknown;

/** Paths that go on behind what they begin with. */
const prefixes: readonly (readonly [string, Readonly<Record<string, PathHandler>>])[] = [
  [keyPath, { GET: (path, { subject }) => keyState(subject, keyIn(path, keyPath)) }],
  [
    callPath,
    { POST: (path, { call }, _query, request, response) => handleCall(call, path, request, response) },
  ],
  [
    tablesPath,
    {
      GET: (path, { tables }, query) =>
        tableRows(tables, path, {
          from: query.get("from"),
          to: query.get("to"),
          limit: readLimit(query.get("limit"), rowsShownMax),
        }),
    },
  ],
  [
    queryPath,
    {
      POST: async (path, { tables }, _query, request) =>
        answerQuery(tables, path, await readArguments(request)),
    },
  ],
];

/** Answers every request, also with what goes wrong. */
export async function handle(
  service: Service,
  guard: Guard,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    guard.check(request);
    const pause = service.awake();
    if (pause !== undefined) await pause;
    if (request.url!.startsWith(dataPath)) await handleData(service.data, request, response);
    else await handleTable(service, request, response);
  } catch (error) {
    sendError(response, error);
  }
}

async function handleTable(
  service: Service,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = request.url!;
  const queryAt = url.indexOf("?");
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  const methods = methodsAt(path);
  if (methods === undefined) {
    throw new HttpError("not_found", `There is nothing at ${path}; the paths are ${pathList()}.`);
  }
  const handler = Object.hasOwn(methods, request.method!) ? methods[request.method!] : undefined;
  if (handler === undefined) {
    const allow = Object.keys(methods).join(", ");
    throw new HttpError("method_not_allowed", `${path} takes ${allow}.`, ["Allow", allow]);
  }
  const query = new URLSearchParams(queryAt === -1 ? "" : url.slice(queryAt + 1));
  const answer = await handler(service, query, request, response);
  if (answer !== undefined) sendJson(response, 200, answer);
}

function methodsAt(path: string): Readonly<Record<string, Handler>> | undefined {
  if (Object.hasOwn(table, path)) return table[path];
  const found = prefixes.find(([prefix]) => path.startsWith(prefix))?.[1];
  if (found === undefined) return undefined;
  const bound = Object.entries(found).map(([method, handler]): [string, Handler] => [
    method,
    (...args) => handler(path, ...args),
  ]);
  return Object.fromEntries(bound);
}

const pathList = () =>
  [
    `${dataPath}{key}`,
    `${keyPath}{key}`,
    `${callPath}{module}/{reducer}`,
    `${tablesPath}{module}/{table}`,
    `${queryPath}{module}/{query}`,
    ...Object.keys(table),
    subscribePath,
    "/ws",
  ].join(", ");

/** Without a body this node leaves; with the id of another, that one is taken out because it will not return. */
async function leave(service: Service, _query: URLSearchParams, request: IncomingMessage) {
  const { node } = service.subject;
  const text = (await readBody(request, smallBodyBytesMax)).toString("utf8").trim();
  const gone = text === "" ? node : readNodeId(text);
  if (gone === node) {
    service.leave();
    return { status: "leaving", node_id: node };
  }
  if (!service.subject.replica.members().some((member) => member.node === gone)) {
    throw new HttpError("not_found", `${node} knows no member ${gone}; GET /gossip/members lists them.`);
  }
  service.evict(gone);
  return { status: "left", node_id: gone };
}

function readNodeId(text: string): NodeId {
  try {
    const { node_id } = JSON.parse(text) as { node_id?: unknown };
    if (typeof node_id === "string" && isNodeId(node_id)) return node_id;
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw new HttpError("bad_input", `The body must be like {"node_id": "node-3"}, or empty.`);
}

async function join(service: Service, _query: URLSearchParams, request: IncomingMessage) {
  let body: unknown;
  try {
    body = JSON.parse((await readBody(request, smallBodyBytesMax)).toString("utf8"));
  } catch (error) {
    if (error instanceof HttpError) throw error;
  }
  const { node_id, address } = (body ?? {}) as { node_id?: unknown; address?: unknown };
  if (typeof address !== "string" || parseAddress(address) === null) {
    throw badJoin();
  }
  if (node_id !== undefined && (typeof node_id !== "string" || !isNodeId(node_id))) throw badJoin();
  if (!service.subject.options.gossip) {
    throw new HttpError(
      "unavailable",
      "This node runs without gossip; start it with --gossip=true to join others.",
    );
  }
  service.join(address);
  return { status: "joining", ...(node_id === undefined ? {} : { node_id }), address };
}

const badJoin = () =>
  new HttpError("bad_input", `The body must be like {"node_id": "node-3", "address": "localhost:8083"}.`);

function readLimit(text: string | null, max: number): number {
  if (text === null) return 100;
  if (/^[1-9]\d{0,4}$/.test(text)) return Math.min(Number(text), max);
  throw new HttpError("bad_input", `limit must be a whole number from 1 to ${max}, not "${text}".`);
}
