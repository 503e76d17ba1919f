using System.Net;

namespace TrainMm.Training.Reporting;

/// <summary>What a page needs to show text and pictures that came from elsewhere.</summary>
internal static class Html
{
    /// <summary>Text that a browser shows as it is and never runs, in elements and in quoted attributes.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A picture as a <c>data:</c> address; null where the bytes are of no format that browsers show.</summary>
    public static string? PictureAddress(ReadOnlySpan<byte> bytes)
    {
        var type = bytes switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] => "image/png",
            [0xFF, 0xD8, 0xFF, ..] => "image/jpeg",
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "image/webp",
            _ => null,
        };
        return type is null ? null : $"data:{type};base64,{Convert.ToBase64String(bytes)}";
    }
}
