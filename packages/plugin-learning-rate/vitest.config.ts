import { packageConfig } from '../../vitest.shared.ts';

export default packageConfig('plugin-learning-rate');
