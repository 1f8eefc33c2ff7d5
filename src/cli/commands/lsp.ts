import type { Action } from '../command.ts';
import { serve } from '../lsp/server.ts';

/** Until the editor says that it is done: 0 then, 1 if it goes without a word. */
const action: Action = () => serve();

export default action;
