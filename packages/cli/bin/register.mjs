/** For worker threads of a Branchline that runs from source: they inherit no module hooks. Started with `--import`. */
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url, { data: { source: true } });
