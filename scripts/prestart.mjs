/** Installs and builds what `npm start` and `npm test` need, without running anything. */
import { prepare } from './prepare.mjs';

prepare();
