using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Media.Audio;

/// <summary>
/// ffmpeg as a child process: a file in, WAV of 32-bit floats out, at the file's own rate and channels, so that mixing and resampling are the same whatever the file was.
/// The file lies on disk while it is read, since several formats need to be sought in; ffmpeg may open no other file of another protocol, so that a play list fetches nothing.
/// </summary>
internal static class FfmpegProcess
{
    private const int MaxChannels = 64;
    private const int MaxRate = 192_000;
    private const int MessageCapacity = 2000;

    /// <summary>Decodes a clip.</summary>
    /// <exception cref="DataException">ffmpeg is not there, refuses the clip, takes too long or gives too much.</exception>
    public static byte[] ToWav(ReadOnlySpan<byte> bytes, string origin, AudioDecodeOptions options)
    {
        var folder = Directory.CreateTempSubdirectory("trainmm-audio-");
        try
        {
            var file = Path.Combine(folder.FullName, "clip");
            File.WriteAllBytes(file, bytes);
            return Run(file, origin, options);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static byte[] Run(string file, string origin, AudioDecodeOptions options)
    {
        using var process = Start(file, origin, options);
        var isLate = false;
        using var clock = new Timer(
            _ =>
            {
                isLate = true;
                Kill(process);
            },
            state: null,
            options.FfmpegTimeout,
            Timeout.InfiniteTimeSpan);
        var message = Task.Run(() => ReadMessage(process.StandardError));
        var wav = ReadBounded(process.StandardOutput.BaseStream, (long)(options.MaxSeconds + 1) * MaxRate * MaxChannels * sizeof(float));
        if (wav is null) Kill(process);
        process.WaitForExit();
        var said = message.GetAwaiter().GetResult();
        if (isLate) throw new DataException(FormattableString.Invariant($"The clip cannot be used: ffmpeg had not decoded it after {options.FfmpegTimeout.TotalSeconds:0.#} s and was stopped.{said}"), origin);
        if (wav is null) throw new DataException($"The clip cannot be used: ffmpeg made more than {options.MaxSeconds} s of it and was stopped.", origin);
        if (process.ExitCode != 0) throw new DataException($"The clip cannot be used: ffmpeg ended with exit code {process.ExitCode}.{said}", origin);
        if (!WavReader.IsReadable(wav)) throw new DataException($"The clip cannot be used: '{options.Ffmpeg}' gave something else than WAV.{said}", origin);
        return wav;
    }

    private static Process Start(string file, string origin, AudioDecodeOptions options)
    {
        var start = new ProcessStartInfo(options.Ffmpeg) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        string[] arguments =
        [
            "-nostdin", "-hide_banner", "-loglevel", "error", "-protocol_whitelist", "file,pipe", "-i", "file:" + file, "-map", "0:a:0",
            "-t", (options.MaxSeconds + 1).ToString(CultureInfo.InvariantCulture), "-c:a", "pcm_f32le", "-f", "wav", "pipe:1",
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception fault)
        {
            throw new DataException(
                $"Only WAV is read without ffmpeg, and '{options.Ffmpeg}' cannot be started: {fault.Message}. Install ffmpeg, or set {AudioDecodeOptions.FfmpegVariable} to the program.", origin, fault);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    /// <summary>All of a stream, or null where it is longer than the limit.</summary>
    private static byte[]? ReadBounded(Stream stream, long limit)
    {
        using var content = new MemoryStream();
        var part = new byte[1 << 16];
        while (stream.Read(part) is var count and > 0)
        {
            if (content.Length + count > Math.Min(limit, Array.MaxLength)) return null;
            content.Write(part, 0, count);
        }

        return content.ToArray();
    }

    /// <summary>What was said, up to a limit; the rest is read too, so that the process is not held up.</summary>
    private static string ReadMessage(StreamReader reader)
    {
        var text = new StringBuilder();
        var part = new char[1024];
        while (reader.Read(part) is var count and > 0)
        {
            if (text.Length < MessageCapacity) text.Append(part, 0, Math.Min(count, MessageCapacity - text.Length));
        }

        return text.ToString().Trim() is { Length: > 0 } said ? $" It said: {said}" : "";
    }
}
