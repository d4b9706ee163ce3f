import { BranchlineError } from '@branchline/core';

/** Throws a `config` error for a number that is no port. */
export function checkPort(port: number | undefined): void {
  if (port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535)) return;
  throw new BranchlineError('config', {
    message: '--port must be a whole number from 0 to 65535',
    remedy: 'Leave it out for a port that is free.',
  });
}
