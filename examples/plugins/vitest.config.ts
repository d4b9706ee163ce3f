import { mergeConfig } from 'vitest/config';
import { packageConfig } from '../../vitest.shared.ts';

export default mergeConfig(packageConfig('examples'), { test: { include: ['*/*.test.ts'] } });
