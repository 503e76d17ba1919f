using System.Runtime.InteropServices;

namespace TrainMm.Torch;

/// <summary>Tells libtorch's lack of memory from its other errors, which all come as one exception type.</summary>
public static class OutOfMemory
{
    private static readonly string[] Signs = ["out of memory", "can't allocate memory", "not enough memory"];

    /// <summary>Whether an exception, or one within it, says that memory ran out.</summary>
    /// <param name="exception">What was caught.</param>
    public static bool IsCause(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is OutOfMemoryException) return true;
            if (cause is ExternalException && Array.Exists(Signs, sign => cause.Message.Contains(sign, StringComparison.OrdinalIgnoreCase))) return true;
        }

        return false;
    }
}
