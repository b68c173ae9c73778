import { create } from "zustand";

export interface Toast {
  readonly id: number;
  readonly level: "info" | "warning" | "error";
  readonly text: string;
  /** What can be done about it, on a button. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

const shownMax = 4;
let lastId = 0;

export const useToasts = create<{ readonly toasts: readonly Toast[] }>()(() => ({ toasts: [] }));

/** Says one sentence in the corner of the window. The same sentence is never shown twice at a time. */
export function showToast(toast: Omit<Toast, "id">): void {
  useToasts.setState(({ toasts }) => ({
    toasts: [...toasts.filter((shown) => shown.text !== toast.text), { ...toast, id: ++lastId }].slice(
      -shownMax,
    ),
  }));
}

export function closeToast(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}
