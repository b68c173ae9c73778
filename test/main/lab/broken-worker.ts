/** A node program that fails at once. */
throw new Error("This worker is broken.");
