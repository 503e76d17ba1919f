namespace TrainMm.ParityTests.Tokenizers;

/// <summary>
/// A copy of a <c>spiece.model</c> whose two paths of the training files were shortened without their lengths, which no reader of
/// Protocol Buffers can follow. The lengths are made true again; pieces, scores and character map stay as they are.
/// </summary>
internal sealed class RepairedModel : IDisposable
{
    private static readonly byte[][] Starts = ["\n/tokenizers/"u8.ToArray(), "\x12*tokenizers/"u8.ToArray()];

    private RepairedModel(byte[] bytes)
    {
        Folder = Directory.CreateTempSubdirectory("trainmm-test-").FullName;
        File.WriteAllBytes(Path.Combine(Folder, "spiece.model"), bytes);
    }

    public string Folder { get; }

    /// <summary>The copy, or null where the folder has no such file or it is sound.</summary>
    public static RepairedModel? Of(string folder)
    {
        const int Missing = 12;
        var file = Path.Combine(folder, "spiece.model");
        if (!File.Exists(file)) return null;
        var bytes = File.ReadAllBytes(file).ToList();
        var found = 0;
        foreach (var start in Starts)
        {
            if (System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes).IndexOf(start) is not (>= 0 and var at)) continue;
            bytes.InsertRange(at + 2, Enumerable.Repeat((byte)'x', Missing));
            found++;
        }

        return found > 0 ? new RepairedModel([.. bytes]) : null;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
