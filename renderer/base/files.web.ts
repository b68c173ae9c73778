import type { SessionInfo } from "../../shared/contract/state.ts";
import type { Files } from "./store.ts";

/** A page cannot name paths on the person's disk: it is sent the file, or sends one. */
export function webFiles(token: string): Files {
  async function request(name: string, init: RequestInit): Promise<Response> {
    const address = new URL(`sessions/${encodeURIComponent(name)}`, location.href);
    const response = await fetch(address, { ...init, headers: { Authorization: `Bearer ${token}` } });
    if (response.ok) return response;
    const { message } = (await response.json()) as { message: string };
    throw new Error(message);
  }
  return {
    async exportSession(session) {
      const response = await request(session.id, {});
      download(await response.blob(), `${session.name}.lightcone`);
      return "your downloads";
    },
    async importSession() {
      const file = await pickFile();
      if (file === null) return null;
      const response = await request(file.name, { method: "POST", body: file });
      return (await response.json()) as SessionInfo;
    },
  };
}

function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has taken hold of the blob by the time the click is done.
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}

function pickFile(): Promise<File | null> {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = ".lightcone";
  return new Promise((resolve) => {
    input.addEventListener("change", () => resolve(input.files?.[0] ?? null));
    input.addEventListener("cancel", () => resolve(null));
    input.click();
  });
}
