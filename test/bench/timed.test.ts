import { expect, test } from 'vitest';
import { timed } from '../../bench/measure/timed.js';

const node = (script: string) => [process.execPath, '-e', script];

test('tells what was printed, the time on the processor, and the memory of all its processes', async () => {
  const busy = 'while (process.cpuUsage().user < 200_000); console.log("done");';
  const script = `require("node:child_process").execFileSync(process.execPath, ["-e", ${JSON.stringify(busy)}], { stdio: "inherit" })`;
  const timing = await timed(node(script));
  expect(timing.stdout).toBe('done\n');
  expect(timing.seconds).toBeGreaterThan(0.1);
  if (process.platform !== 'linux') return;
  expect(timing.cpuSeconds).toBeGreaterThan(0.1);
  expect(timing.peakBytes).toBeGreaterThan(40e6);
});

test('a program that fails is no time', async () => {
  await expect(timed(node('console.error("no room"); process.exit(3)'))).rejects.toThrow(
    /ended with 3: no room/,
  );
});
