import { packageConfig } from '../../vitest.shared.ts';

export default packageConfig('trainer-olmo-core');
