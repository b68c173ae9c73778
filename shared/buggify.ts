/**
 * Rare paths on purpose. A simulated core is asked at marked points whether to take the unlikely way, and says which
 * rare paths it has reached; a real node always takes the usual way. Source: FoundationDB's BUGGIFY (Zhou et al. 2021,
 * "FoundationDB", §4).
 */
export interface RarePaths {
  /** True: take the unlikely but allowed way now. Always false outside a simulation. */
  buggify(point: string): boolean;
  /** This rare path was taken: coverage of a hunt. */
  reached(path: string): void;
}

export const noRarePaths: RarePaths = { buggify: () => false, reached: () => {} };

/** Share of points switched on in a run, and how often one that is on fires. */
const switchedOn = 0.25;
const fires = 0.05;

/** `random` is the simulation's own; `reached` is told each path and each point that fired. */
export function createRarePaths(random: () => number, reached: (path: string) => void): RarePaths {
  const points = new Map<string, boolean>();
  return {
    buggify(point) {
      let isOn = points.get(point);
      if (isOn === undefined) points.set(point, (isOn = random() < switchedOn));
      if (!isOn || random() >= fires) return false;
      reached(point);
      return true;
    },
    reached,
  };
}
