/** Re-exports `@branchline/api`, so that one installation provides the command and the library. */
export * from '@branchline/api';
