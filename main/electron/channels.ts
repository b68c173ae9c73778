/** Names of the lines between the window's preload script and the main process; both ends import them from here. */
export const channels = {
  /** Window to host, once per loaded document: from now on answer to this document. */
  hello: "lightcone:hello",
  /** Window to host: a ClientFrame. */
  toHost: "lightcone:to-host",
  /** Host to window: the document it is for, and a HostFrame. */
  toWindow: "lightcone:to-window",
  /** Host to window: the id of a window command. */
  menu: "lightcone:menu",
  /** Asked by the window, answered with a path or null. */
  saveDialog: "lightcone:save-dialog",
  openDialog: "lightcone:open-dialog",
} as const;
