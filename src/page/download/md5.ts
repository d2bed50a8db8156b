// Sets `globalThis.hashwasm`; in the browser only, where the server has it beside the page's own parts.
import '../md5.umd.min.js';
import type { Md5 } from './md5-interface.js';

interface HashWasm {
  createMD5(): Promise<Md5 & { init(): void }>;
}

export async function newMd5(): Promise<Md5> {
  const { hashwasm } = globalThis as unknown as { hashwasm: HashWasm };
  const md5 = await hashwasm.createMD5();
  md5.init();
  return md5;
}
