import { announce } from './announce.js';

const SHOWN_MS = 1_600;

/** Copies a text; the button says so for a moment. */
export async function copyFrom(button: HTMLElement, text: string): Promise<void> {
  const isCopied = await copyText(text);
  announce(isCopied ? 'Copied' : 'It could not be copied');
  button.dataset.copied = isCopied ? 'yes' : 'no';
  setTimeout(() => delete button.dataset.copied, SHOWN_MS);
}

async function copyText(text: string): Promise<boolean> {
  try {
    // Undefined where the page came over a network without encryption.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

/** The way before there was a clipboard for scripts, which needs no secure context. */
function copySelected(text: string): boolean {
  const { activeElement } = document;
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'unseen';
  // What is outside of an open dialog cannot be selected.
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  try {
    return document.execCommand('copy');
  } finally {
    field.remove();
    (activeElement as HTMLElement | null)?.focus({ preventScroll: true });
  }
}
