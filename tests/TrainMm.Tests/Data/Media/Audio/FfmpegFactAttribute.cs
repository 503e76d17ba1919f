using System.ComponentModel;
using System.Diagnostics;
using TrainMm.Data.Media.Audio;

namespace TrainMm.Tests.Data.Media.Audio;

/// <summary>A test that needs ffmpeg itself; skipped by name where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FfmpegFactAttribute : FactAttribute
{
    private static readonly bool IsThere = Starts();

    public FfmpegFactAttribute()
    {
        if (!IsThere) Skip = $"ffmpeg is not here; {AudioDecodeOptions.FfmpegVariable} may name it.";
    }

    private static bool Starts()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(new AudioDecodeOptions().Ffmpeg, "-version") { RedirectStandardOutput = true, UseShellExecute = false })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
