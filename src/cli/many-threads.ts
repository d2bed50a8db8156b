/** More files wait for the disk at a time than Node has threads for by default. Node 20 has made them by now, and keeps four. */
export function useManyThreads(): void {
  process.env.UV_THREADPOOL_SIZE ??= '16';
}
