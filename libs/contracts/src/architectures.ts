/** What images call the machines of the kernel. */
const OF_KERNEL: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm' };

/** As images name it, such as amd64: engines say what the kernel says, or that. */
export const imageArchitecture = (name: string): string => OF_KERNEL[name] ?? name;
