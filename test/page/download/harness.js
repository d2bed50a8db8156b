// Runs in the browser, on the page of the front: what tests call by `page.evaluate`.
import * as page from '/.sealift/page/download/downloads.js';

const downloads = page.createDownloads(document.getElementById('downloads'));

/** Has pickers give what is in the browser's own storage, which is a real file system without a dialog. */
async function usePickers() {
  const root = await navigator.storage.getDirectory();
  globalThis.picked = [];
  globalThis.showSaveFilePicker = ({ suggestedName }) => {
    globalThis.picked.push(suggestedName);
    return root.getFileHandle(suggestedName, { create: true });
  };
  globalThis.showDirectoryPicker = async () => root;
}

function withoutPickers() {
  globalThis.showSaveFilePicker = undefined;
  globalThis.showDirectoryPicker = undefined;
}

function closePickers() {
  globalThis.showSaveFilePicker = async () => {
    throw new DOMException('closed', 'AbortError');
  };
  globalThis.showDirectoryPicker = globalThis.showSaveFilePicker;
}

/** All files of the browser's own storage: name and text or size. */
async function stored(folder, prefix = '') {
  const found = {};
  for await (const [name, handle] of (folder ?? (await navigator.storage.getDirectory())).entries()) {
    if (handle.kind === 'directory') Object.assign(found, await stored(handle, `${prefix}${name}/`));
    else found[prefix + name] = (await handle.getFile()).size;
  }
  return found;
}

async function digestOf(name, algorithm = 'SHA-256') {
  const handle = await (await navigator.storage.getDirectory()).getFileHandle(name);
  const bytes = await crypto.subtle.digest(algorithm, await (await handle.getFile()).arrayBuffer());
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function preview(file, options) {
  try {
    const blob = await page.fetchVerified(file, options);
    return { type: blob.type, text: await blob.text() };
  } catch (error) {
    return { error: error.name, expected: error.expected, received: error.received };
  }
}

globalThis.harness = {
  add: (files) => downloads.add(files),
  usePickers,
  withoutPickers,
  closePickers,
  stored,
  digestOf,
  preview,
};
document.body.dataset.ready = '';
