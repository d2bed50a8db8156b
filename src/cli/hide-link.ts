// Loaded before anything else: what a process was started with is for everybody on the machine to read.

/** What an address with a token, or a share link, has in it wherever it stands in a word. */
const MAY_BE_SECRET = /@|\.sealift\/share\//;

const [, , command = '', ...rest] = process.argv;
if ([command, ...rest].some((word) => MAY_BE_SECRET.test(word))) {
  // Node puts it over the arguments, and zeros over what is left of them; `process.argv` stays as it was.
  process.title = /^[a-z]+$/.test(command) ? `sealift ${command}` : 'sealift';
}
