/** One install gives the command and the library: everything of `@branchline/api` by the name of the command. */
export * from '@branchline/api';
