let lastInput: "pointer" | "keyboard" = "pointer";

export const usedPointer = () => lastInput === "pointer";

/**
 * A button that was clicked gives the focus back, so that Space and Enter mean the window again and not the button
 * pressed last. Whoever goes by keyboard keeps the focus where it is.
 */
export function releaseFocusAfterClicks(): void {
  document.addEventListener("pointerdown", () => void (lastInput = "pointer"), { capture: true });
  document.addEventListener("keydown", () => void (lastInput = "keyboard"), { capture: true });
  document.addEventListener("click", ({ detail }) => {
    const { activeElement } = document;
    if (detail === 0 || !(activeElement instanceof HTMLButtonElement)) return;
    if (activeElement.closest("dialog") === null) activeElement.blur();
  });
}
