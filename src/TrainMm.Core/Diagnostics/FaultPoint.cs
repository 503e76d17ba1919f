using System.Diagnostics;
using System.Globalization;

namespace TrainMm.Core.Diagnostics;

/// <summary>
/// Named points at which tests kill the process: <c>TRAINMM_FAULT=save:3</c> ends it, as SIGKILL would, when the point <c>save</c> is reached for the third time.
/// Points: <c>step</c> (after an optimiser step), <c>save</c> (after each file of a checkpoint), <c>rename</c> (before a complete checkpoint gets its name), <c>prune</c> (before an old
/// checkpoint goes), <c>load</c> (after a checkpoint is read), <c>decode</c> (before a sample is prepared).
/// </summary>
public static class FaultPoint
{
    private const string Variable = "TRAINMM_FAULT";

    /// <summary>The point <c>step</c>.</summary>
    public const string Step = "step";

    /// <summary>The point <c>save</c>.</summary>
    public const string Save = "save";

    /// <summary>The point <c>rename</c>.</summary>
    public const string Rename = "rename";

    /// <summary>The point <c>prune</c>.</summary>
    public const string Prune = "prune";

    /// <summary>The point <c>load</c>.</summary>
    public const string Load = "load";

    /// <summary>The point <c>decode</c>.</summary>
    public const string Decode = "decode";

    private static readonly string[] Points = [Step, Save, Rename, Prune, Load, Decode];
    private static readonly (string Point, long Count)? Planned = Parse(Environment.GetEnvironmentVariable(Variable));
    private static long reached;

    /// <summary>Says that a point is reached; does not return where the process is to die there.</summary>
    public static void Reached(string point)
    {
        if (Planned is not { } planned || planned.Point != point || Interlocked.Increment(ref reached) != planned.Count) return;
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>Reads <c>point:N</c>.</summary>
    /// <exception cref="ArgumentException">The text is something else.</exception>
    public static (string Point, long Count)? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        return text.Split(':') is [var point, var count] && Points.Contains(point, StringComparer.Ordinal) && long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? (point, number)
            : throw new ArgumentException($"{Variable}='{text}' is not point:N with a point of {string.Join(", ", Points)}.", nameof(text));
    }
}
