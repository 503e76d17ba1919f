namespace TrainMm.Training.Evaluation;

/// <summary>Media as addresses that carry their own bytes.</summary>
internal static class DataUri
{
    private static readonly (byte[] Signature, string Type)[] Known =
    [
        ([0x89, 0x50, 0x4E, 0x47], "image/png"),
        ([0xFF, 0xD8, 0xFF], "image/jpeg"),
        ("RIFF"u8.ToArray(), "image/webp"),
        ("GIF8"u8.ToArray(), "image/gif"),
    ];

    /// <summary>The address of a medium's bytes.</summary>
    public static string Of(byte[] bytes) =>
        $"data:{Known.FirstOrDefault(known => bytes.AsSpan().StartsWith(known.Signature)).Type ?? "application/octet-stream"};base64,{Convert.ToBase64String(bytes)}";
}
