using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Media;

/// <summary>
/// ffmpeg as a child process: a file in, what it makes of it out, no more than a limit and for no longer than a time; or raw media in, a file out.
/// A file lies on disk while it is read or written, since several formats need to be sought in; ffmpeg may open no other file of another protocol, so that a play list fetches nothing.
/// </summary>
/// <param name="Program">The program.</param>
/// <param name="Timeout">How long one call may take; then it is killed.</param>
/// <param name="Complaint">How messages begin: <c>The clip cannot be used</c>.</param>
/// <param name="Need">What messages say where there is no such program: <c>Only WAV is read without ffmpeg</c>.</param>
internal sealed record FfmpegProcess(string Program, TimeSpan Timeout, string Complaint, string Need)
{
    /// <summary>The environment variable that names the program.</summary>
    internal const string Variable = "TRAINMM_FFMPEG";

    private const int MessageCapacity = 2000;

    /// <summary>The program where nothing else is said.</summary>
    internal static string DefaultProgram => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? given : "ffmpeg";

    /// <summary>Writes a medium to disk for as long as something is done with it.</summary>
    /// <param name="bytes">The file's content.</param>
    /// <param name="use">Given the file's path.</param>
    internal static T WithFile<T>(ReadOnlySpan<byte> bytes, Func<string, T> use)
    {
        var folder = Directory.CreateTempSubdirectory("trainmm-media-");
        try
        {
            var file = Path.Combine(folder.FullName, "medium");
            File.WriteAllBytes(file, bytes);
            return use(file);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Checks that the program starts.</summary>
    /// <exception cref="DataException">It does not.</exception>
    internal void Check() => Run(["-version"], [], MessageCapacity * MessageCapacity, "an endless report", origin: null);

    /// <summary>Runs the program on a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="arguments">What is done with it; the output goes to <c>pipe:1</c>.</param>
    /// <param name="limit">Bytes that the output may have.</param>
    /// <param name="excess">What a larger output is, in the message: <c>more than 3600 s of it</c>.</param>
    /// <param name="origin">Names the medium in an error.</param>
    /// <returns>The output, and what the program said beside it, ready to be put behind a message.</returns>
    /// <exception cref="DataException">The program is not there, refuses the medium, takes too long or gives too much.</exception>
    internal (byte[] Output, string Said) Run(string file, IReadOnlyList<string> arguments, long limit, string excess, string origin) =>
        Run(["-protocol_whitelist", "file,pipe", "-i", "file:" + file, .. arguments], [], limit, excess, origin);

    /// <summary>Makes a file of raw media.</summary>
    /// <param name="raw">What the program reads from <c>pipe:0</c>.</param>
    /// <param name="arguments">What is made of it, the file's name left out.</param>
    /// <param name="name">The file's name, whose ending says which format it has.</param>
    /// <exception cref="DataException">The program is not there, cannot write the format or takes too long.</exception>
    internal byte[] Make(byte[] raw, IReadOnlyList<string> arguments, string name) => WithFile([], beside =>
    {
        var file = Path.Combine(Path.GetDirectoryName(beside)!, name);
        var (_, said) = Run([.. arguments, "file:" + file], raw, MessageCapacity, "an endless report", origin: null);
        return File.Exists(file) ? File.ReadAllBytes(file) : throw Unusable($"ffmpeg wrote nothing.{said}", origin: null);
    });

    /// <summary>The exception for a medium that is of no use.</summary>
    internal DataException Unusable(string reason, string? origin) => new($"{Complaint}: {reason}", origin);

    private (byte[] Output, string Said) Run(IReadOnlyList<string> arguments, byte[] input, long limit, string excess, string? origin)
    {
        using var process = Start(arguments, origin);
        var isLate = false;
        using var clock = new Timer(
            _ =>
            {
                isLate = true;
                Kill(process);
            },
            state: null,
            Timeout,
            System.Threading.Timeout.InfiniteTimeSpan);
        var message = Task.Run(() => ReadMessage(process.StandardError));
        var feeding = Task.Run(() => Feed(process, input));
        var output = ReadBounded(process.StandardOutput.BaseStream, limit);
        if (output is null) Kill(process);
        process.WaitForExit();
        feeding.GetAwaiter().GetResult();
        var said = message.GetAwaiter().GetResult();
        if (isLate) throw Unusable(FormattableString.Invariant($"ffmpeg had not ended after {Timeout.TotalSeconds:0.#} s and was stopped.{said}"), origin);
        if (output is null) throw Unusable($"ffmpeg made {excess} and was stopped.", origin);
        if (process.ExitCode != 0) throw Unusable($"ffmpeg ended with exit code {process.ExitCode}.{said}", origin);
        return (output, said);
    }

    private static void Feed(Process process, byte[] input)
    {
        try
        {
            using var stream = process.StandardInput.BaseStream;
            stream.Write(input);
        }
        catch (IOException)
        {
            // It has ended without reading all; its exit code and what it said tell why.
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

    private Process Start(IReadOnlyList<string> arguments, string? origin)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        string[] all = ["-nostdin", "-hide_banner", "-loglevel", "error", .. arguments];
        foreach (var argument in all) start.ArgumentList.Add(argument);
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception fault)
        {
            throw new DataException($"{Need}, and '{Program}' cannot be started: {fault.Message}. Install ffmpeg, or set {Variable} to the program.", origin, fault);
        }
    }
}
