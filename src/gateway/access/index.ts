export { isSecure } from './cookies.js';
export { type Admitted, Gate } from './gate.js';
export { LOGOUT } from './login-page.js';
export { FORM_REFERRER } from './refusals.js';
