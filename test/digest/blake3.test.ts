import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createBlake3, wasmBlake3 } from '#sealift/digest/blake3.js';

/** Of the official test vectors: bytes 0, 1, … 250, 0, 1, … of each length. */
const VECTORS: [number, string][] = [
  [0, 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262'],
  [1, '2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213'],
  [1_023, '10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11'],
  [1_024, '42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7'],
  [1_025, 'd00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444'],
  [102_400, 'bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085'],
];
const input = (size: number) => Uint8Array.from({ length: size }, (_, at) => at % 251);

for (const [kind, create] of [
  ['native', createBlake3],
  ['wasm', wasmBlake3],
] as const) {
  test.each(VECTORS)(`${kind}: %i bytes, at once and in pieces`, async (size, hex) => {
    const bytes = input(size);
    const whole = await create();
    whole.update(bytes);
    expect(whole.hex()).toBe(hex);
    const pieces = await create();
    for (let at = 0; at < size; at += 1_000) pieces.update(bytes.subarray(at, at + 1_000));
    expect(pieces.hex()).toBe(hex);
  });

  test(`${kind}: begun anew`, async () => {
    const hash = await create();
    hash.update(input(1_025));
    expect(hash.bytes().toString('hex')).toBe(VECTORS[4]?.[1]);
    hash.reset();
    hash.update(input(1));
    expect(hash.bytes().toString('hex')).toBe(VECTORS[1]?.[1]);
  });
}

test('loading the native one leaves the network alone, and the settings of others as they were', () => {
  const program = `
    const { report } = process;
    const { getReport } = report;
    const seen = [];
    report.getReport = () => { seen.push(report.excludeNetwork); return getReport.call(report); };
    const { createBlake3 } = await import(${JSON.stringify(import.meta.resolve('#sealift/digest/blake3.js'))});
    await createBlake3();
    console.log(JSON.stringify({ seen, after: report.excludeNetwork }));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program]).toString();
  const { seen, after } = JSON.parse(output);
  expect(seen).not.toContain(false);
  expect(after).toBe(false);
});
