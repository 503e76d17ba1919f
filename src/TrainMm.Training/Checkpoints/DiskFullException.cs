using TrainMm.Core.Diagnostics;

namespace TrainMm.Training.Checkpoints;

/// <summary>The disk has no room for what a run has to write. Nothing that was there before is touched.</summary>
public sealed class DiskFullException : UserException
{
    /// <summary>Room beside the tensors, for the files' headers, state and manifest.</summary>
    private const long Margin = 1 << 20;

    /// <summary>Error number of a full disk (ENOSPC) and of a full quota (EDQUOT) on Linux, and of a full disk on Windows.</summary>
    private static readonly int[] Errors = [28, 122, unchecked((int)0x80070070)];

    /// <summary>Says how much is missing.</summary>
    /// <param name="folder">Where it was to be written.</param>
    /// <param name="needed">Bytes that it has.</param>
    /// <param name="what">What was to be written, the sentence's beginning.</param>
    /// <param name="inner">What the system said; null where it was not tried.</param>
    public DiskFullException(string folder, long needed, string what, Exception? inner = null)
        : base($"The disk of {folder} is full. {what} needs {Text(needed)}, {Text(FreeOn(folder))} are free.\n  hint: what was saved before is whole; make room and run the same command again", inner)
    {
    }

    /// <inheritdoc/>
    public override ExitCode ExitCode => ExitCode.Failure;

    /// <summary>Whether the system said that there is no room.</summary>
    public static bool IsCause(IOException fault) => Errors.Contains(fault.HResult);

    /// <summary>Looks before it is tried.</summary>
    /// <param name="folder">Where it is to be written; made where it does not exist.</param>
    /// <param name="needed">Bytes of tensors.</param>
    /// <param name="what">What is to be written, the sentence's beginning.</param>
    /// <exception cref="DiskFullException">There is less room.</exception>
    public static void ThrowUnlessFree(string folder, long needed, string what)
    {
        Directory.CreateDirectory(folder);
        if (FreeOn(folder) < needed + Margin) throw new DiskFullException(folder, needed + Margin, what);
    }

    private static long FreeOn(string folder) => new DriveInfo(folder).AvailableFreeSpace;

    private static string Text(long bytes) => $"{bytes / (double)(1 << 20):0.0} MiB";
}
