import { packageConfig } from '../../vitest.shared.ts';

export default packageConfig('tfjs-jit');
