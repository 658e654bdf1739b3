// What `cargo xtask bench` has measured without a browser, before it started this.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** @param {{ native: string }} options the folder with what criterion and the simulation have left */
export async function measure({ native }) {
  if (!native) return undefined;
  return [...(await criterion(join(native, "criterion"))), ...(await simulation(native))];
}

async function criterion(folder) {
  const files = (await readdir(folder, { recursive: true })).filter((path) =>
    path.endsWith(join("new", "benchmark.json")),
  );
  return Promise.all(
    files.sort().map(async (path) => {
      const read = async (name) => JSON.parse(await readFile(join(folder, path, "..", name)));
      const { full_id, throughput } = await read("benchmark.json");
      const { median } = await read("estimates.json");
      return {
        id: full_id,
        ns: median.point_estimate,
        bytesPerSecond: throughput?.Bytes && (throughput.Bytes / median.point_estimate) * 1e9,
      };
    }),
  );
}

async function simulation(folder) {
  const text = await readFile(join(folder, "simulation.txt"), "utf8");
  const [, lives, tabHours] = /(\d+) lives\/s, (\d+) tab-hours\/s/.exec(text);
  return [{ id: "simulation", livesPerSecond: Number(lives), tabHoursPerSecond: Number(tabHours) }];
}
