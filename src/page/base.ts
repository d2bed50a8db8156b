/** What paths on the server begin with: of a share link, where its own parts are under the link too; else nothing. */
export const BASE = /^(\/\.sealift\/share\/[^/]+)\//.exec(new URL(import.meta.url).pathname)?.[1] ?? '';
