/** Shared with the tools of the workspace. It changes without notice. */
export { type Command, type CommandOption, commandTree, type NamedOption, problemOf } from './commands/tree.js';
