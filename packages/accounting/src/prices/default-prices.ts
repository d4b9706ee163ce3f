import type { PriceTable, Sourced } from '@branchline/core';

/** Price list of Lambda, per accelerator and hour. */
const lambda = (instance: string): Sourced => ({
  source:
    `Lambda, on-demand ${instance}, any region, https://lambda.ai/instances, ` +
    'as transcribed in https://github.com/api-evangelist/lambda-labs',
  date: '2026-09-20',
});

/** Price list of RunPod, per accelerator and hour; `reader` is the repository that transcribed it on `date`. */
const runpod = (pod: string, reader: string, date: string): Sourced => ({
  source: `RunPod, on-demand pod ${pod}, https://www.runpod.io/pricing, as transcribed in https://github.com/${reader}`,
  date,
});

/** Price list of Modal, per accelerator and hour, without the price of processor and memory. */
const modal = (accelerator: string): Sourced => ({
  source:
    `Modal, ${accelerator} for a function, base rate, any region, https://modal.com/pricing, ` +
    'as read by https://techbytes.app/posts/serverless-gpu-pricing-matrix-modal-replicate-lambda-2026/',
  date: '2026-05-07',
});

/** A vendor's page, from the tables of the book "Machine Learning Engineering", which halve sparse rates. */
const book = (page: string): Sourced => ({
  source: `${page}, as tabulated in https://github.com/stas00/ml-engineering, compute/accelerator/README.md`,
  date: '2026-08-10',
});

/** A vendor's data sheet, from the table of peak rates of Lightning Fabric, which halves sparse rates. */
const fabric = (sheet: string): Sourced => ({
  source: `${sheet}, as tabulated in https://github.com/Lightning-AI/pytorch-lightning, fabric/utilities/throughput.py`,
  date: '2026-06-08',
});

/** A vendor's data sheet, from the table of the Machine Learning Emissions Calculator. */
const calculator = (sheet: string): Sourced => ({
  source: `${sheet}, as tabulated in https://github.com/mlco2/impact, data/gpus.csv`,
  date: '2026-02-26',
});

/** Board power as listed by Hugging Face. */
const huggingFace: Sourced = {
  source: 'https://github.com/huggingface/huggingface.js, packages/tasks/src/hardware-nvidia.ts',
  date: '2026-07-29',
};

const H100_SHEET = 'https://resources.nvidia.com/en-us-gpu-resources/h100-datasheet-24306';
const H200_SHEET = 'https://nvdam.widen.net/s/nb5zzzsjdf/hpc-datasheet-sc23-h200-datasheet-3002446';
const A100_SHEET =
  'https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a100/pdf/nvidia-a100-datasheet-us-nvidia-1758950-r4-web.pdf';
const T4_SHEET =
  'https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/tesla-t4/t4-tensor-core-datasheet-951643.pdf';
const V100_SHEET =
  'https://images.nvidia.com/content/technologies/volta/pdf/volta-v100-datasheet-update-us-1165301-r5.pdf';
const ADA_PAPER =
  'https://images.nvidia.com/aem-dam/Solutions/Data-Center/l4/nvidia-ada-gpu-architecture-whitepaper-v2.1.pdf';
const NANOCHAT = 'https://github.com/karpathy/nanochat, nanochat/common.py';

/**
 * Price, maximum power and peak rate of common devices, each with a public source and its date. The first row whose
 * `match` is part of the trainer's device name applies, so longer names come before their prefixes. Override the table
 * with `prices:` in an experiment file or `--prices <file>` on the command line.
 *
 * Prices are list prices of one provider on one day, without tax, storage and discounts; they are not an offer, and
 * other providers charge half or twice as much. Power is the limit of the board (for a processor: its share of a whole
 * server at full load), not a measurement. Peaks are dense: without sparsity, and `float32` without TF32. Values
 * without a source, such as the peak of a processor, are omitted and count as unknown.
 */
export const DEFAULT_PRICES: PriceTable = {
  currency: 'USD',
  devices: [
    {
      // Any processor. First, because names such as "cpu: AMD A10" can contain the name of an accelerator.
      match: 'cpu',
      unit: 'thread',
      price: {
        perHour: 0.044625,
        source:
          'AWS EC2 c7i.xlarge, on-demand Linux, us-east-1, USD 0.1785 for 4 vCPU, which are hardware threads, ' +
          'as tabulated in https://github.com/scttfrdmn/starburst, R/cost.R',
        date: '2026-07-21',
      },
      power: {
        watts: 3.5,
        source:
          'Cloud Carbon Footprint, average max watts per vCPU of the servers of AWS by SPECpower, ' +
          'https://github.com/cloud-carbon-footprint/cloud-carbon-footprint, microsite/docs/HowItWorks/Methodology.md',
        date: '2023-09-12',
      },
    },
    {
      match: 'GH200',
      unit: 'device',
      price: { perHour: 2.29, ...lambda('1x GH200 96 GB') },
      peak: {
        float32: 67e12,
        bfloat16: 989e12,
        ...book('https://www.nvidia.com/en-us/data-center/grace-hopper-superchip/'),
      },
    },
    {
      match: 'H200 NVL',
      unit: 'device',
      power: { watts: 600, ...book('https://www.nvidia.com/en-us/data-center/h200/') },
      peak: {
        float32: 60e12,
        bfloat16: 836e12,
        source: `float32: ${fabric(H200_SHEET).source}; bfloat16: ${NANOCHAT}`,
        date: '2026-07-03',
      },
    },
    {
      match: 'H200',
      unit: 'device',
      price: { perHour: 4.59, ...runpod('1x H200 141 GB', 'api-evangelist/runpod', '2026-10-07') },
      power: { watts: 700, ...book('https://www.nvidia.com/en-us/data-center/h200/') },
      peak: { float32: 67e12, bfloat16: 989.5e12, ...fabric(H200_SHEET) },
    },
    {
      match: 'H100 PCIe',
      unit: 'device',
      price: { perHour: 3.29, ...lambda('1x H100 PCIe 80 GB') },
      power: {
        watts: 350,
        source: 'NVIDIA H100 PCIe GPU product brief PB-11133-001_v02',
        date: '2022-11-30',
      },
      peak: { float32: 51.2e12, bfloat16: 756e12, ...fabric(H100_SHEET) },
    },
    {
      match: 'H100 NVL',
      unit: 'device',
      price: {
        perHour: 3.19,
        ...runpod('1x H100 NVL 94 GB, Secure Cloud', 'datareceipts/data-receipts', '2026-11-09'),
      },
      power: { watts: 400, ...book('https://www.nvidia.com/en-us/data-center/h100/') },
      peak: { float32: 60e12, bfloat16: 835.5e12, ...fabric(H100_SHEET) },
    },
    {
      match: 'H100',
      unit: 'device',
      price: { perHour: 4.29, ...lambda('1x H100 SXM 80 GB') },
      power: { watts: 700, ...book('https://www.nvidia.com/en-us/data-center/h100/') },
      peak: { float32: 67e12, bfloat16: 989.5e12, ...fabric(H100_SHEET) },
    },
    {
      match: 'GB200',
      unit: 'device',
      power: {
        watts: 1200,
        ...book('https://docs.nvidia.com/mission-control/docs/systems-administration-guide/2.3.0/prs/faq.html'),
      },
      peak: { float32: 80e12, bfloat16: 2500e12, ...book('https://www.nvidia.com/en-us/data-center/gb200-nvl72/') },
    },
    {
      match: 'B200',
      unit: 'device',
      price: { perHour: 6.99, ...lambda('1x B200 SXM6 180 GB') },
      power: { watts: 1000, ...book('https://docs.nvidia.com/dgx/dgxb200-user-guide/power-capping.html') },
      peak: {
        float32: 80e12,
        bfloat16: 2250e12,
        ...book('https://resources.nvidia.com/en-us-dgx-systems/dgx-b200-datasheet'),
      },
    },
    {
      match: 'A100 80GB PCIe',
      unit: 'device',
      price: {
        perHour: 1.79,
        ...runpod('1x A100 PCIe 80 GB, Secure Cloud', 'datareceipts/data-receipts', '2026-11-09'),
      },
      power: { watts: 300, ...book('https://www.nvidia.com/en-us/data-center/a100/') },
      peak: { float32: 19.5e12, bfloat16: 312e12, ...fabric(A100_SHEET) },
    },
    {
      match: 'A100-PCIE',
      unit: 'device',
      power: { watts: 250, ...calculator(A100_SHEET) },
      peak: { float32: 19.5e12, bfloat16: 312e12, ...fabric(A100_SHEET) },
    },
    {
      match: 'A100-SXM4-80GB',
      unit: 'device',
      price: { perHour: 2.79, ...lambda('8x A100 SXM 80 GB, one of 8') },
      power: { watts: 400, ...book('https://www.nvidia.com/en-us/data-center/a100/') },
      peak: { float32: 19.5e12, bfloat16: 312e12, ...fabric(A100_SHEET) },
    },
    {
      match: 'A100',
      unit: 'device',
      price: { perHour: 1.99, ...lambda('8x A100 SXM 40 GB, one of 8') },
      power: { watts: 400, ...book('https://www.nvidia.com/en-us/data-center/a100/') },
      peak: { float32: 19.5e12, bfloat16: 312e12, ...fabric(A100_SHEET) },
    },
    {
      match: 'L40S',
      unit: 'device',
      price: { perHour: 1.9512, ...modal('L40S') },
      power: { watts: 350, ...book('https://www.nvidia.com/en-us/data-center/l40s/') },
      peak: { float32: 91.6e12, bfloat16: 362e12, ...book('https://www.nvidia.com/en-us/data-center/l40s/') },
    },
    {
      match: 'L40',
      unit: 'device',
      power: { watts: 300, ...huggingFace },
      peak: { float32: 90.5e12, bfloat16: 181e12, ...fabric(ADA_PAPER) },
    },
    {
      match: 'L4',
      unit: 'device',
      price: { perHour: 0.7992, ...modal('L4') },
      power: {
        watts: 72,
        ...calculator('https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/l4/PB-11316-001_v01.pdf'),
      },
      peak: { float32: 30.3e12, bfloat16: 121e12, ...fabric(ADA_PAPER) },
    },
    {
      match: 'A10G',
      unit: 'device',
      price: {
        perHour: 1.006,
        source:
          'AWS EC2 g5.xlarge (1x A10G), on-demand Linux, us-east-1, as read by ' +
          'https://www.factualminds.com/blog/amazon-ec2-on-demand-pricing-instance-families-2026/',
        date: '2026-06-17',
      },
    },
    {
      match: 'A10',
      unit: 'device',
      price: { perHour: 1.29, ...lambda('1x A10 24 GB') },
      power: { watts: 150, ...huggingFace },
      peak: {
        float32: 31.2e12,
        bfloat16: 125e12,
        source:
          'https://www.nvidia.com/content/dam/en-zz/Solutions/Data-Center/a10/pdf/a10-datasheet.pdf, ' +
          'as tabulated in https://github.com/mosaicml/composer, composer/callbacks/speed_monitor.py',
        date: '2025-07-02',
      },
    },
    {
      match: 'T4',
      unit: 'device',
      price: { perHour: 0.5904, ...modal('T4') },
      power: { watts: 70, ...calculator(T4_SHEET) },
      // Turing has no bfloat16, nor has Volta.
      peak: { float32: 8.1e12, ...fabric(T4_SHEET) },
    },
    {
      // The SXM2 module; the PCIe card does a tenth less.
      match: 'V100',
      unit: 'device',
      price: { perHour: 0.79, ...lambda('8x V100 16 GB, one of 8') },
      power: { watts: 300, ...huggingFace },
      peak: { float32: 15.7e12, ...fabric(V100_SHEET) },
    },
    {
      match: 'RTX 4090',
      unit: 'device',
      price: {
        perHour: 0.55,
        source:
          'Spheron, on-demand RTX 4090, from, ' +
          'https://www.spheron.network/blog/nvidia-h100-vs-rtx-4090-ai-training-inference-2026/',
        date: '2026-05-25',
      },
      power: { watts: 450, ...calculator(ADA_PAPER) },
      peak: {
        float32: 82.6e12,
        bfloat16: 165.2e12,
        source: `float32: ${fabric(ADA_PAPER).source}; bfloat16 with float32 sums: ${NANOCHAT}`,
        date: '2026-07-03',
      },
    },
    {
      match: 'MI300X',
      unit: 'device',
      price: {
        perHour: 2.59,
        source:
          'DigitalOcean, on-demand gpu-mi300x1-192gb, list price, as read by ' +
          'https://huggingface.co/datasets/tokenwatt/gpu-cloud-prices',
        date: '2026-10-08',
      },
      power: { watts: 750, ...book('https://www.amd.com/en/products/accelerators/instinct/mi300/mi300x.html') },
      peak: {
        float32: 163.4e12,
        bfloat16: 1300e12,
        ...book('https://www.amd.com/en/products/accelerators/instinct/mi300/mi300x.html'),
      },
    },
  ],
};
