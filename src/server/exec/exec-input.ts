import type { Writable } from 'node:stream';
import {
  type ExecSignal,
  type ExecInput as InputFrame,
  type JsonObject,
  parseExecInput,
} from '../../protocol/index.js';

/** A program that takes input. */
export interface InputTaker {
  stdin: Writable;
  signal(name: ExecSignal): void;
}

/**
 * Brings the input frames of one connection to the programs that they are for. Requests are read ahead of being answered: a frame belongs
 * to the `exec` that was read last before it, and nothing behind it is read while that one has not begun, or its program does not read.
 */
export class ExecInput {
  /** Requests `exec` that were read. */
  #requested = 0;
  /** Of those, the ones whose program runs or that have been answered. */
  #begun = 0;
  #taker: InputTaker | null = null;
  /** No more standard input comes for the last one requested. */
  #isOver = false;
  /** For one that has not begun. */
  #held: InputFrame | null = null;
  /** The body being read is standard input, and not to be read past. */
  #isStdin = false;
  #isStuck = false;

  /** @param onRoom told when there may be room again */
  constructor(private readonly onRoom: () => void) {}

  /** Nothing more is read then. */
  get isFull(): boolean {
    return this.#held !== null || this.#isStuck;
  }

  /**
   * True if the header was one of an input frame.
   * @throws ProtocolError when it is a wrong one
   */
  takeHeader(header: JsonObject): boolean {
    this.#isStdin = false;
    const input = this.#requested > 0 ? parseExecInput(header) : null;
    if (input === null) {
      this.endStdin();
      if (header.op === 'exec') {
        this.#requested++;
        this.#isOver = false;
      }
      return false;
    }
    if (this.#begun < this.#requested) this.#held = input;
    else this.#take(input);
    return true;
  }

  /** False if the bytes, which belong to the last header, are to be read past. */
  takeBody(bytes: Buffer): boolean {
    const stdin = this.#taker?.stdin;
    if (!this.#isStdin || !stdin?.writable) return false;
    if (!stdin.write(bytes)) this.#isStuck = true;
    return true;
  }

  /** No more standard input comes for the last `exec` that was read. */
  endStdin(): void {
    this.#isOver = true;
    if (this.#begun === this.#requested) this.#taker?.stdin.end();
  }

  /** The program of the first `exec` that has not begun runs. */
  begin(taker: InputTaker): void {
    this.#begun++;
    this.#taker = taker;
    const giveRoom = () => {
      if (this.#taker !== taker) return;
      this.#isStuck = false;
      this.onRoom();
    };
    taker.stdin.on('drain', giveRoom).on('close', giveRoom);
    // A program need not read what it is sent, and may end before.
    taker.stdin.on('error', () => {});
    if (this.#isOver || this.#begun < this.#requested) taker.stdin.end();
    this.#goOn();
  }

  /** The program has ended, or never began. */
  end(): void {
    if (this.#taker === null) this.#begun++;
    this.#taker = null;
    this.#isStuck = false;
    this.#goOn();
  }

  #goOn(): void {
    const held = this.#held;
    if (held !== null && this.#begun === this.#requested) {
      this.#held = null;
      this.#take(held);
    }
    this.onRoom();
  }

  #take(input: InputFrame): void {
    if ('signal' in input) this.#taker?.signal(input.signal);
    else if (input.length === 0) this.endStdin();
    else this.#isStdin = !this.#isOver;
  }
}
