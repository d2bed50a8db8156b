/**
 * @typedef {import('./timed.js').Timing} Timing
 *
 * One of those that do the same work. `measure` prepares, runs, checks what came out, throws if it is wrong, and clears
 * away; only the run is in the time.
 * @typedef {object} Contender
 * @property {string} name
 * @property {() => Promise<Timing>} measure
 */

/**
 * So many rounds in which each contender has one turn; each round begins with another one, so that nobody always comes
 * behind the same.
 * @param {readonly Contender[]} contenders
 * @param {number} rounds
 * @param {(line: string) => void} log
 * @returns {Promise<Map<string, Timing[]>>} by name, a timing a round
 */
export async function interleaved(contenders, rounds, log) {
  /** @type {Map<string, Timing[]>} */
  const timings = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    /** @type {string[]} */
    const said = [];
    for (let turn = 0; turn < contenders.length; turn++) {
      const contender = /** @type {Contender} */ (contenders[(round + turn) % contenders.length]);
      const timing = await contender.measure();
      timings.get(contender.name)?.push(timing);
      said.push(`${contender.name} ${timing.seconds.toFixed(3)} s`);
    }
    log(`round ${round + 1} of ${rounds}: ${said.join(', ')}`);
  }
  return timings;
}
