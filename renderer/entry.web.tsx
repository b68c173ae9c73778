import { connectWeb, takeToken } from "./base/connect.web.ts";
import { webFiles } from "./base/files.web.ts";
import { refuse, startWindow } from "./base/start.tsx";

const token = takeToken(window);

if (token === null) {
  refuse(
    "This address lacks its token.",
    "Open the whole address that the lab printed when it started, the part behind the # included.",
  );
} else startWindow(connectWeb(token), webFiles(token));
