import { z } from 'zod';

const text = z.string().min(1);
const lines = z.array(text);

/** What jobs ask of the cluster. All are optional where the cluster has defaults. */
export const slurmOptionsSchema = z.strictObject({
  partition: text.optional().describe('Partition of the jobs.'),
  account: text.optional().describe('Account that is charged.'),
  qos: text.optional().describe('Quality of service.'),
  time: z
    .string()
    .regex(/^(\d+-)?\d+(:\d{1,2}){0,2}$/, 'must be a time of Slurm: minutes, or hours:minutes:seconds, or days-hours')
    .optional()
    .describe(
      'Time limit of a job, such as 04:00:00. A segment that needs longer is stored two minutes before, and its job requeued.',
    ),
  gpus: z
    .union([z.int().min(1), text])
    .optional()
    .describe('GPUs of a job: a number, or h100:2.'),
  cpus: z.int().min(1).optional().describe('Processors of a job.'),
  memory: text.optional().describe('Memory of a job, such as 32G.'),
  constraint: text.optional().describe('Features that nodes must have. Nodes of one kind give the same bits.'),
  setup: lines.default([]).describe("Lines of shell before the job's command, such as module load cuda."),
  sbatch: lines.default([]).describe('Further arguments of sbatch, such as --exclude=n7.'),
  jobs: z.int().min(1).max(100_000).default(200).describe('Jobs in the queue at the same time, at most.'),
  pollSeconds: z.number().min(0.1).max(3600).default(15).describe('Longest time between two looks at the queue.'),
});

/** What jobs ask of the cluster. */
export type SlurmOptions = z.output<typeof slurmOptionsSchema>;
